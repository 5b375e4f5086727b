"""The enumerations of StableHLO, each read and written in MLIR's syntax."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.ir import Data, SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException


class EnumAttr(SpacedOpaqueSyntaxAttribute, Data[str], ABC):
    """One of a few upper-case words, printed `#stablehlo<comparison_direction LT>`."""

    cases: ClassVar[tuple[str, ...]]

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> str:
        return cls.parse_case(parser)

    @classmethod
    def parse_case(cls, parser: AttrParser) -> str:
        """Parses the bare word, as custom assembly writes it."""
        pos = parser.pos
        word = parser.parse_optional_identifier()
        if word not in cls.cases:
            parser.raise_error(f"{cls.name} must be one of {', '.join(cls.cases)}", pos)
        return word

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(self.data)

    def verify(self) -> None:
        if self.data not in self.cases:
            raise VerifyException(f"{self.name} is {self.data!r}, must be one of {', '.join(self.cases)}")


@irdl_attr_definition
class ComparisonDirectionAttr(EnumAttr):
    name = "stablehlo.comparison_direction"
    cases = ("EQ", "NE", "GE", "GT", "LE", "LT")


@irdl_attr_definition
class ComparisonTypeAttr(EnumAttr):
    name = "stablehlo.comparison_type"
    cases = ("NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED")


@irdl_attr_definition
class PrecisionAttr(EnumAttr):
    name = "stablehlo.precision"
    cases = ("DEFAULT", "HIGH", "HIGHEST")


@irdl_attr_definition
class FftTypeAttr(EnumAttr):
    name = "stablehlo.fft_type"
    cases = ("FFT", "IFFT", "RFFT", "IRFFT")


@irdl_attr_definition
class TransposeAttr(EnumAttr):
    name = "stablehlo.transpose"
    cases = ("TRANSPOSE_INVALID", "NO_TRANSPOSE", "TRANSPOSE", "ADJOINT")


@irdl_attr_definition
class RngDistributionAttr(EnumAttr):
    name = "stablehlo.rng_distribution"
    cases = ("UNIFORM", "NORMAL")


@irdl_attr_definition
class RngAlgorithmAttr(EnumAttr):
    name = "stablehlo.rng_algorithm"
    cases = ("DEFAULT", "THREE_FRY", "PHILOX")


@irdl_attr_definition
class ResultAccuracyModeAttr(Data[str]):
    """DEFAULT, HIGHEST or TOLERANCE, printed `#stablehlo.result_accuracy_mode<DEFAULT>`."""

    name = "stablehlo.result_accuracy_mode"
    cases: ClassVar[tuple[str, ...]] = ("DEFAULT", "HIGHEST", "TOLERANCE")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> str:
        with parser.in_angle_brackets():
            pos = parser.pos
            word = parser.parse_optional_identifier()
            if word not in cls.cases:
                parser.raise_error(f"{cls.name} must be one of {', '.join(cls.cases)}", pos)
            return word

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(self.data)

    def verify(self) -> None:
        if self.data not in self.cases:
            raise VerifyException(f"{self.name} is {self.data!r}, must be one of {', '.join(self.cases)}")
