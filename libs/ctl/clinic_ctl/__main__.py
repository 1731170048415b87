"""`clinicctl`: the operator's command."""

import typer

from clinic_ctl.commands import demo, location, parked, stack, tools

app = typer.Typer(
    name="clinicctl",
    help="The clinic's back end on this machine, and the tools around it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its frames would show what local variables hold
)
app.command()(demo.demo)
app.command()(stack.run)
app.add_typer(stack.app, name="stack")
app.command()(tools.token)
app.command()(tools.board)
app.command()(tools.sealing_keys)
app.add_typer(tools.topics, name="topics")
app.add_typer(location.app, name="location")
app.add_typer(parked.app, name="parked")
app.add_typer(tools.clock, name="clock")
app.add_typer(tools.mail, name="mail")

if __name__ == "__main__":
    app()
