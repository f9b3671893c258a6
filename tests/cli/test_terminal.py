"""Streams of all kinds: what is written where, in which characters, and who may be asked."""

import io
import os

import pytest

from rorcli.cli import terminal as module
from rorcli.cli.terminal import Terminal
from rorcli.errors import DataError, UsageError
from tests.cli.harness import Screen

STYLED = (("Unité [urgence] [/urgence] ", ""), ("fermée", "error"))
TEXT = "Unité [urgence] [/urgence] fermée"


def make(*, tty=False, stdin="", **environment):
    out, err = Screen(tty=tty), Screen(tty=tty)
    return Terminal(out, err, Screen(stdin, tty=tty), environment), out, err


def encoded(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\r\n")
    return Terminal(stream, Screen(), Screen(), {}), stream, raw


def test_data_goes_to_stdout_and_talk_to_stderr():
    terminal, out, err = make()
    terminal.write(["donnée", STYLED])
    terminal.write_text("brut")
    terminal.say("parole")
    terminal.warn("avertissement")
    terminal.error(DataError("refusé", remedy="relisez"))
    assert out.getvalue() == f"donnée\n{TEXT}\nbrut"
    assert err.getvalue() == "parole\navertissement\nErreur : refusé\n  → relisez\n"


def test_quiet_keeps_only_warnings_and_errors():
    terminal, out, err = make()
    terminal.quiet, terminal.verbose = True, 2
    terminal.say("parole")
    terminal.detail("détail")
    terminal.write(["donnée"])
    terminal.warn("avertissement")
    terminal.error(DataError("refusé"))
    assert (out.getvalue(), err.getvalue()) == ("donnée\n", "avertissement\nErreur : refusé\n")


@pytest.mark.parametrize(("verbose", "shown"), [(0, ""), (1, "un\n"), (2, "un\ndeux\n")])
def test_details_come_with_their_level(verbose, shown):
    terminal, _, err = make()
    terminal.verbose = verbose
    terminal.detail("un")
    terminal.detail("deux", level=2)
    assert err.getvalue() == shown


@pytest.mark.parametrize(
    ("color", "environment", "tty", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("", {"RORCLI_COLOR": "never"}, True, False),
        ("", {"RORCLI_COLOR": "always", "NO_COLOR": "1"}, False, True),
    ],
)
def test_colour_follows_option_then_environment_then_stream(color, environment, tty, colored):
    terminal, out, _ = make(tty=tty, **environment)
    terminal.color = color or terminal.color
    terminal.write([STYLED])
    assert ("\x1b[" in out.getvalue()) == colored


def test_each_stream_decides_for_itself():
    out, err = Screen(), Screen(tty=True)
    terminal = Terminal(out, err, Screen(), {})
    terminal.write([STYLED])
    terminal.say(STYLED)
    assert "\x1b[" not in out.getvalue()
    assert "\x1b[" in err.getvalue()


def test_a_value_is_never_markup_nor_a_command_to_the_terminal():
    terminal, out, _ = make(tty=True)
    terminal.color = "never"
    terminal.write(["a\x1b]0;titre\x07b\rc\u009bd", STYLED])
    assert out.getvalue() == f"a\ufffd]0;titre\ufffdbc\ufffdd\n{TEXT}\n"
    terminal, out, _ = make(tty=True)
    terminal.write([(("[bold]x[/nope]\x1b[2J", "error"),)])
    assert "[bold]x[/nope]\ufffd[2J" in out.getvalue()


def test_what_is_piped_is_what_was_given():
    terminal, out, _ = make()
    terminal.write_text("a\x1bb\r\n")
    terminal.write(["x" * 500])
    assert out.getvalue() == "a\x1bb\r\n" + "x" * 500 + "\n"


def test_a_long_coloured_line_is_neither_wrapped_nor_cut():
    terminal, out, _ = make(tty=True)
    terminal.write([(("mot " * 200 + "fin", "title"),)])
    assert out.getvalue().count("\n") == 1
    assert "mot fin" in out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("utf-8", "« Œuvre » → l’été…\n"),
        ("cp1252", "« Œuvre » -> l’été…\n"),
        ("ascii", '" ?uvre " -> l\'?t?...\n'),
    ],
)
def test_a_character_that_the_encoding_lacks_is_replaced(encoding, seen):
    terminal, _, raw = encoded(encoding)
    terminal.write(["« Œuvre » → l’été…"])
    terminal.flush()
    assert raw.getvalue().decode(encoding) == seen


def test_bytes_that_are_no_text_stay_an_error():
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "rorcli")


def test_a_file_name_that_is_not_text_can_be_told():
    terminal, _, raw = encoded("utf-8")
    terminal.write([os.fsdecode(b"caf\xe9.yaml")])
    terminal.flush()
    assert raw.getvalue() == b"caf?.yaml\n"


@pytest.mark.parametrize(
    ("answers", "agreed"),
    [("o\n", True), ("OUI\n", True), ("n\n", False), ("\n", False), ("", False),
     ("peut-être\noui\n", True)],
)  # fmt: skip
def test_a_question_is_asked_on_stderr(answers, agreed):
    terminal, out, err = make(tty=True, stdin=answers)
    assert terminal.can_ask
    assert terminal.ask("Écrire ?") is agreed
    assert out.getvalue() == ""
    assert err.getvalue().startswith("Écrire ? [o/N] ")


def test_nobody_is_asked_where_nobody_can_answer():
    terminal, _, err = make(stdin="o\n", FORCE_COLOR="1")
    assert not terminal.can_ask
    with pytest.raises(UsageError) as caught:
        terminal.ask("Écrire ?")
    assert "--yes" in caught.value.remedy
    assert err.getvalue() == ""


def test_stdin_is_read_as_bytes():
    source = io.TextIOWrapper(io.BytesIO(b"\xff\r\n"), encoding="utf-8")
    assert Terminal(Screen(), Screen(), source, {}).read_bytes() == b"\xff\r\n"
    assert make(stdin="é")[0].read_bytes() == "é".encode()


def progressed(monkeypatch, *, after=0.0, quiet=False, tty=True, **environment):
    monkeypatch.setattr(module, "PROGRESS_AFTER_S", after)
    monkeypatch.setattr(module, "PROGRESS_EVERY_S", 0.0)
    terminal, out, err = make(tty=tty, **environment)
    terminal.quiet = quiet
    for number in terminal.progress([1, 2, 3], 3, "Lecture"):
        if number == 3:
            terminal.say("entre-temps")
    assert out.getvalue() == ""
    return err.getvalue()


def test_progress_shows_on_a_terminal_and_leaves_nothing(monkeypatch):
    shown = progressed(monkeypatch)
    assert "Lecture 1/3" in shown
    assert "\rentre-temps\n" in shown
    assert shown.rpartition("Lecture 3/3")[2].strip() == ""


@pytest.mark.parametrize(
    "silent", [{"after": 60.0}, {"quiet": True}, {"tty": False}, {"TERM": "dumb"}]
)
def test_progress_is_silent_for(monkeypatch, silent):
    assert "Lecture" not in progressed(monkeypatch, **silent)


class Unwritable(io.StringIO):
    """Takes `room` characters, then fails."""

    def __init__(self, error, room=0):
        super().__init__()
        self.error, self.room = error, room

    def write(self, text):
        if self.tell() + len(text) > self.room:
            raise self.error
        return super().write(text)


@pytest.mark.parametrize("color", ["never", "always"])
def test_a_reader_that_leaves_is_no_failure(color):
    taken = []

    def lines():
        for number in range(1000):
            taken.append(number)
            yield (("ligne", "title"),)

    out = Unwritable(BrokenPipeError(32, "Broken pipe"))
    terminal = Terminal(out, Screen(), Screen(), {})
    terminal.color = color
    terminal.write(lines())
    terminal.write_text("encore")
    terminal.flush()
    assert len(taken) == 1


def test_data_that_cannot_be_written_is_a_failure_told_once():
    terminal = Terminal(Unwritable(OSError(28, "No space left"), room=3), Screen(), Screen(), {})
    terminal.write(["ab", "cd"])
    with pytest.raises(UsageError, match="disque plein"):
        terminal.flush()


@pytest.mark.parametrize("error", [OSError(28, "No space left"), ValueError("closed file")])
def test_talk_that_cannot_be_written_stops_nothing(error):
    terminal = Terminal(Screen(), Unwritable(error), Screen(), {})
    terminal.say("parole")
    terminal.error(DataError("refusé"))
    terminal.flush()


def test_streams_may_be_missing(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    terminal = Terminal()
    terminal.write(["donnée"])
    terminal.say("parole")
    terminal.flush()
    assert terminal.read_bytes() == b""
    assert not terminal.can_ask
    assert list(terminal.progress([1], 1, "Lecture")) == [1]


def test_a_closed_stream_is_a_missing_one():
    closed = io.StringIO()
    closed.close()
    terminal = Terminal(closed, closed, closed, {})
    terminal.write(["donnée"])
    terminal.say("parole")
    terminal.flush()
    assert not terminal.can_ask
