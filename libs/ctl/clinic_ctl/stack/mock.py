"""The fallback where Apache Kafka cannot be had: librdkafka's broker in memory, as a process.

It implements the protocol and keeps nothing: a notice wherever it is used states what it lacks.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Final

from clinic_ctl.stack.ports import LOOPBACK
from clinic_ctl.stack.processes import Process
from clinic_events import topics

START_WITHIN: Final = 20
ANSWER_WITHIN: Final = 10
NOTICE: Final = (
    "This is a MOCK broker, since neither Maven nor Kafka's jars are here. It has no disk (events "
    "are gone when it stops), no restart, no admin, no fencing, and four partitions a topic. What "
    "passes here says nothing about durability. Install Maven once, or set KAFKA_BOOTSTRAP_SERVERS."
)


class MockKafka:
    """The process, seen from the stack. The broker picks its port itself."""

    def __init__(self, folder: Path) -> None:
        self._address = folder / "address"
        self.process = Process(
            "kafka",
            [sys.executable, "-m", "clinic_ctl.stack.mock", "--address-file", str(self._address)],
            log=folder / "kafka.log",
        )

    @property
    def bootstrap_servers(self) -> str:
        """Known once it has started."""
        return self._address.read_text()

    def start(self) -> None:
        self._address.parent.mkdir(parents=True, exist_ok=True)
        self._address.unlink(missing_ok=True)
        self.process.start()
        self.process.wait_until(self._address.exists, within=START_WITHIN)

    def stop(self) -> None:
        self.process.stop()


def main() -> None:
    from confluent_kafka import Producer  # for development only, and only here

    arguments = argparse.ArgumentParser(prog="mock", description=__doc__)
    arguments.add_argument("--address-file", type=Path, required=True)
    address: Path = arguments.parse_args().address_file
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics.ALL:  # asking for a topic makes it
        producer.list_topics(topic.name, timeout=ANSWER_WITHIN)
    port = producer.list_topics(timeout=ANSWER_WITHIN).brokers[1].port
    partial = address.with_suffix(".partial")
    partial.write_text(f"{LOOPBACK}:{port}")
    partial.rename(address)
    signal.sigwait(stop)


if __name__ == "__main__":
    main()
