"""Makes a local server a replica set of one node, which transactions need."""

from pymongo import MongoClient
from pymongo.errors import OperationFailure

ALREADY_INITIATED = 23


def initiate(host: str, *, name: str) -> None:
    """Make the server at `host` (`127.0.0.1:27017`) the only member. Idempotent.

    A server that has moved to another port since is reconfigured: else it would not find itself.
    """
    client: MongoClient[dict[str, object]] = MongoClient(host, directConnection=True)
    members = [{"_id": 0, "host": host}]
    with client:
        try:
            client.admin.command("replSetInitiate", {"_id": name, "members": members})
        except OperationFailure as error:
            if error.code != ALREADY_INITIATED:
                raise
            config = client.admin.command("replSetGetConfig")["config"]
            if config["members"][0]["host"] != host:
                moved = {**config, "version": config["version"] + 1, "members": members}
                client.admin.command("replSetReconfig", moved, force=True)


def has_primary(host: str) -> bool:
    client: MongoClient[dict[str, object]] = MongoClient(host, directConnection=True)
    with client:
        return bool(client.admin.command("hello").get("isWritablePrimary"))
