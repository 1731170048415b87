"""Plans and bookings: what a visit takes up, and when.

Read in this order. `grid` is the five minutes everything is counted in. `visit` is what comes out:
a start and reservations, each of one resource for one stretch of time. `asks` is what a protocol
wants of a location, before anything is chosen. `days` holds what is taken as bits, a day at a time.
`assignment` chooses, purely. `timetable` puts these together: it answers with a visit, with offers,
or with `conflicts` that say why not. `wall` turns a time on a clock into an instant. `hold`,
`override` and `plan` are what a booking is made from, beside it, and for.
"""
