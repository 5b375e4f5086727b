"""What machines can do: a catalogue of data files, and users' own."""

from eggshard.hardware.axes import AxisLink, link_of_axis
from eggshard.hardware.description import DTYPES, Hardware, Link
from eggshard.hardware.load import known_hardware, load_hardware

__all__ = ["DTYPES", "AxisLink", "Hardware", "Link", "known_hardware", "link_of_axis", "load_hardware"]
