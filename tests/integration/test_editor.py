"""The published schema in an editor: what yaml-language-server completes, explains and refuses.

The server is spoken to as editors do: JSON-RPC over its stdio (Language Server Protocol 3.17).
"""

import json
import subprocess
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest

from rorcli import schemafile
from rorcli.text.document import read
from rorcli.validation import validate
from tests.cli.harness import TODAY
from tests.integration.need import ROOT, npm_package, program

pytestmark = pytest.mark.integration
CLIENT = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    }
}  # fmt: skip
EXAMPLE = (ROOT / "examples" / "ehpad-les-tilleuls.yaml").read_text("utf-8")
# A file as `pull` writes it: the modeline leads to the copy of the schema beside it.
CLEAN = EXAMPLE.replace("../schemas/etablissement.schema.json", schemafile.BESIDE)
FIRST = '            - "511"  # Accueil'  # the first activity of the first UO
OF_UO = '          type_offre: "21"'


class Server:
    """The language server, and what it told of the files that were opened."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.calls = 0
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": CLIENT})
        self.send(method="initialized", params={})

    def send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """The next message; requests of the server are answered, diagnostics are kept."""
        assert self.process.stdout
        size = 0
        while header := self.process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        assert size, "the server ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(size))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            items = message["params"].get("items") if message["params"] else None
            self.send(id=message["id"], result=[{} for _ in items] if items else None)
        return message

    def ask(self, method: str, params: Any = None) -> Any:
        self.calls += 1
        self.send(id=self.calls, method=method, params=params)
        while True:
            message = self.receive()
            if message.get("id") == self.calls and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def stop(self) -> None:
        self.ask("shutdown")
        self.send(method="exit")


class Page(NamedTuple):
    """A file that is open in the editor."""

    server: Server
    uri: str
    text: str

    def ask(self, method: str, before: str) -> Any:
        """What the server says where the cursor stands right behind `before`."""
        above, _, line = self.text[: self.text.index(before) + len(before)].rpartition("\n")
        cursor = {"line": above.count("\n") + 1, "character": len(line)}
        return self.server.ask(method, {"textDocument": {"uri": self.uri}, "position": cursor})

    def completions(self, before: str) -> dict[str, dict[str, Any]]:
        items = self.ask("textDocument/completion", before)["items"]
        return {each["label"]: each for each in items}

    def hover(self, before: str) -> str:
        told: str = self.ask("textDocument/hover", before)["contents"]["value"]
        return told

    def complete(self, item: dict[str, Any]) -> str:
        """The text once a completion is taken."""
        lines = self.text.split("\n")
        edit = item["textEdit"]
        start, end = edit["range"]["start"], edit["range"]["end"]
        line = lines[start["line"]]
        lines[start["line"]] = (
            line[: start["character"]] + edit["newText"] + line[end["character"] :]
        )
        return "\n".join(lines)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = npm_package("yaml-language-server")
    script = folder / "bin" / "yaml-language-server"
    line = [program("node", "install Node.js"), str(script), "--stdio"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        server = Server(process)
        yield server
        server.stop()


@pytest.fixture
def edit(server, tmp_path):
    schemafile.place(tmp_path)
    numbers = count()

    def edit(text: str) -> Page:
        file = tmp_path / f"{next(numbers)}.yaml"
        file.write_text(text, "utf-8")
        opened = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        server.send(method="textDocument/didOpen", params={"textDocument": opened})
        return Page(server, file.as_uri(), text)

    return edit


def findings(text: str) -> list[str]:
    return [each.rule for each in validate(read(text, "s.yaml"), TODAY)]


def told(page: Page) -> list[str]:
    """What the editor underlines, once it has looked."""
    while page.uri not in page.server.diagnostics:
        page.server.receive()
    return [each["message"] for each in page.server.diagnostics[page.uri]]


def test_an_editor_finds_a_clean_file_clean_and_a_wrong_code_wrong(edit):
    assert told(edit(CLEAN)) == []
    assert "Value is not accepted" in told(edit(CLEAN.replace('"511"', '"999"')))[0]


def test_an_activity_is_completed_by_its_code(edit):
    page = edit(CLEAN.replace(FIRST, f"            - \n{FIRST}", 1))
    item = page.completions("activites:\n            - ")['"013"']
    assert item["documentation"] == "Cardiologie générale"
    assert findings(page.complete(item)) == []


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("Cardiologie générale", '"013"  # Cardiologie générale'),
        ("Biochimie", '"009"  # Biochimie'),  # of which YAML 1.2 makes the number 9
    ],
)
def test_an_activity_is_completed_by_its_words_with_code_and_label(edit, label, written):
    page = edit(CLEAN.replace(FIRST, f"            - \n{FIRST}", 1))
    item = page.completions("activites:\n            - ")[label]
    assert item["textEdit"]["newText"] == written
    assert item["documentation"] == written[1:4]
    assert findings(page.complete(item)) == []


def test_a_code_and_a_word_of_ours_are_completed_as_they_must_be_written(edit):
    page = edit(CLEAN.replace(OF_UO, f"          niveau_maternite: \n{OF_UO}", 1))
    item = page.completions("niveau_maternite: ")['"02"']
    assert item["textEdit"]["newText"] == '"02"'
    words = edit(CLEAN.replace("statut: installe", "statut: ", 1)).completions("statut: ")
    assert words["occupe"]["documentation"] == "Occupé"


def test_keys_are_completed_with_what_they_are_and_what_they_need(edit):
    keys = edit(CLEAN.replace(OF_UO, f"          \n{OF_UO}", 1)).completions("verifie_le: 2026-09-30\n          ")  # fmt: skip
    assert keys["praticiens"]["textEdit"]["newText"].startswith("praticiens:\n  - rpps: $1\n")
    assert keys["type_fermeture"]["textEdit"]["newText"] == "type_fermeture: "
    assert "rorcli codes modalites" in keys["modalites_accueil"]["documentation"]
    assert "type_offre" not in keys


def test_a_code_is_explained_by_its_label(edit):
    page = edit(CLEAN)
    activity = page.hover('- "51')
    assert activity.startswith("#### Activités opérationnelles\n")
    assert activity.partition("* ")[2].startswith('`"511"`: Accueil et hébergement spécialisé\n')
    mode = page.hover('mode_prise_en_charge: "4')
    assert mode.startswith("#### Mode de prise en charge\n")
    assert mode.partition("* ")[2].startswith('`"46"`: Hébergement (accueil jour et nuit)\n')


@pytest.mark.parametrize(
    ("key", "title", "said"),
    [
        ("activites", "Activités opérationnelles", "Obligatoire. Liste : rorcli codes activites"),
        ("mode_prise_en_charge", "Mode de prise en charge", "Obligatoire. Liste : rorcli codes modes"),
        ("finess", "FINESS EJ", "Neuf caractères, entre guillemets. Obligatoire."),
        ("directeur", "Directeur", "Le contact de fonction 01"),
        ("unites", "Unités", "Pôles, services, UF et UO."),
    ],
)  # fmt: skip
def test_a_key_is_explained_by_its_title_and_its_help(edit, key, title, said):
    text = edit(CLEAN).hover(f" {key}"[:-1])
    assert text.startswith(f"#### {title}\n")
    assert said in text.partition("\n")[2]
