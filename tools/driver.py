"""The work of `eggshard-opt`: read, run passes, verify after each, print; a failure leaves a reproducer."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import accumulate
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.syntax_printer import SyntaxPrinter
from xdsl.utils.exceptions import DiagnosticException, VerifyException

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import Printer, make_context
from eggshard.report.files import write_whole
from eggshard.tools.outcome import DONE, REFUSED, describe, diagnostic_line, one_line, say, told
from eggshard.tools.reading import Source


class Failure(Exception):
    """
    A module that went no further.

    `line` says why; `expected` whether it is a diagnostic of the module rather than an error of ours; `done` how many
    passes had run, None where it was not even read.
    """

    def __init__(self, line: str, expected: bool, done: int | None):
        super().__init__(line)
        self.line = line
        self.expected = expected
        self.done = done


class Driver:
    """One run of the command over one input file."""

    def __init__(self, args: argparse.Namespace, passes: Sequence[ModulePass]):
        self.args = args
        self.passes = passes
        self.seconds: list[tuple[str, float]] = []

    def run(self) -> int:
        """Transforms each module of the input; returns the exit status."""
        texts: list[str] = []
        for index, source in enumerate(self.sources()):
            try:
                text = self.transform(source)
            except Failure as failure:
                if not self.tolerated(failure):
                    say(failure.line + self.reproduce(source, failure.done))
                    return REFUSED
                text = failure.line + "\n"
            texts.append(text if index == 0 else f"// -----\n{text}")
            if self.args.output_file is None:
                sys.stdout.write(texts.pop())
                sys.stdout.flush()
        if self.args.output_file is not None:
            write_whole(Path(self.args.output_file), "".join(texts))
        for stage, spent in self.seconds if self.args.time_passes else ():
            say(f"{spent:9.3f} s  {stage}")
        return DONE

    def sources(self) -> Iterator[Source]:
        """The input file, or the chunks that `// -----` separates."""
        path = self.args.input_file
        name = "<stdin>" if path in (None, "-") else path
        data = sys.stdin.buffer.read() if name == "<stdin>" else Path(path).read_bytes()
        if not self.args.split_input_file:
            yield Source(data, name)
            return
        chunks = data.split(b"// -----")
        offsets = accumulate((chunk.count(b"\n") for chunk in chunks), initial=0)
        for chunk, offset in zip(chunks, offsets, strict=False):
            yield Source(chunk, name, offset)

    def transform(self, source: Source) -> str:
        """One module on its whole way, as text; raises Failure."""
        with self.timed("parse"):
            module = self.parse(source)
        self.verify(source, module, 0)
        for done, each in enumerate(self.passes):
            with self.timed(each.name):
                self.apply(each, source, module, done)
            self.verify(source, module, done + 1)
            if self.args.print_between_passes and done + 1 < len(self.passes):
                print(f"IR after {each.name}:\n{self.text(module)}\n\n")
        with self.timed("print"):
            return self.text(module)

    def parse(self, source: Source) -> ModuleOp:
        self.context = make_context()
        self.context.allow_unregistered = self.args.allow_unregistered_dialect
        strict = self.args.verify_diagnostics or self.args.parsing_diagnostics or self.context.allow_unregistered
        try:
            return source.parse(self.context, not self.args.no_implicit_module, fall_back=not strict)
        except DiagnosticError as error:
            self.show(error)
            position, text = told(error)
            line = diagnostic_line(text, position or source.name)
            raise Failure(line, isinstance(error.__cause__, VerifyException), None) from error

    def apply(self, each: ModulePass, source: Source, module: ModuleOp, done: int) -> None:
        try:
            each.apply(self.context, module)
        except DiagnosticError as error:
            self.show(error)
            position, text = told(error)
            raise Failure(diagnostic_line(f"{each.name}: {text}", position or source.name), True, done) from error
        except DiagnosticException as error:
            self.show(error)
            raise Failure(diagnostic_line(f"{each.name}: {error}", source.name), True, done) from error
        except Exception as error:
            self.show(error)
            line = diagnostic_line(f"{each.name} failed: {describe(error)}", source.name)
            raise Failure(f"{line}; --debug shows the traceback", False, done) from error

    def verify(self, source: Source, module: ModuleOp, done: int) -> None:
        """Raises Failure, at the position of the op that is wrong; a pass answers for what it leaves behind."""
        if self.args.disable_verify:
            return
        try:
            module.verify()
        except (VerifyException, ValueError) as error:
            self.show(error)
            said = one_line(str(error))
            if done:
                said = f"{self.passes[done - 1].name} left a module that does not verify: {said}"
            line = diagnostic_line(said, source.where(culprit(module)))
            raise Failure(line, True, max(done - 1, 0) if done else None) from error

    def tolerated(self, failure: Failure) -> bool:
        """Whether the options ask for this diagnostic as output."""
        if failure.done is None and self.args.parsing_diagnostics:
            return True
        return failure.expected and bool(self.args.verify_diagnostics)

    def reproduce(self, source: Source, done: int | None) -> str:
        """Writes the module as it stood before the pass that failed, and says where."""
        if done is None:
            return ""
        module = source.parse(self.context, not self.args.no_implicit_module)
        for each in self.passes[:done]:
            each.apply(self.context, module)
        path = Path(self.args.reproducer)
        rest = ",".join(str(each) for each in self.passes[done:])
        try:
            write_whole(path, f"// RUN: eggshard-opt %s -p '{rest}'\n\n{self.text(module)}")
        except DiagnosticError as error:
            return f"; no reproducer: {error.location} {error.message}"
        return f"; reproducer: {path}"

    def text(self, module: ModuleOp) -> str:
        stream = StringIO()
        given = self.args
        printer = (SyntaxPrinter if given.syntax_highlight else Printer)(
            stream=stream,
            print_generic_format=given.print_op_generic,
            print_properties_as_attributes=given.print_no_properties,
            print_debuginfo=given.print_debuginfo,
        )
        printer.print_op(module)
        printer.print_metadata(self.context.loaded_dialects)
        return stream.getvalue() + "\n\n"

    def show(self, error: Exception) -> None:
        if self.args.debug:
            traceback.print_exception(error)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds.append((stage, time.perf_counter() - start))


def culprit(module: ModuleOp) -> Operation:
    """The innermost op that does not verify by itself."""
    for op in module.walk(region_first=True):
        try:
            op.verify(verify_nested_ops=False)
        except (VerifyException, ValueError):
            return op
    return module
