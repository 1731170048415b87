"""Producer and consumer on aiokafka. No other module of this library imports it.

What is never used: automatic commits (they lose events), `async for` and `getone`, deserialisers
(one bad message would stop a partition), `pause` (it throws fetched data away), more than one
assignor, and any wait on the driver without an end of its own.
"""

from clinic_events.kafka.consumer import KafkaConsumer
from clinic_events.kafka.driver import message_in
from clinic_events.kafka.publisher import KafkaPublisher

__all__ = ["KafkaConsumer", "KafkaPublisher", "message_in"]
