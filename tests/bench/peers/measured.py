"""What a measurement gives."""
import typing


class Measured(typing.NamedTuple):
    count: int
    seconds: float
    lost: int = 0

    @property
    def rate(self):
        return self.count / self.seconds
