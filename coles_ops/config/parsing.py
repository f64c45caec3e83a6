"""From YAML text to plain values: bounded in size, no key twice, one line a mistake."""

from pathlib import Path
from typing import Any

import yaml

from coles_ops.schema import UserError

_LARGEST = 1 << 20  # bytes of a file: `validation.known` may list many values
_MOST = 100_000  # values, those behind an alias counted as often as it is named
_DEEPEST = 50


class ConfigError(UserError):
    """A mistake in the configuration, told in the user's terms."""


def read_text(path: Path) -> str:
    """The text of a configuration; raises ConfigError where it is none, or none that can be read."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: give the YAML file in it")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    if len(content) > _LARGEST:
        raise ConfigError(f"{path} is larger than {_LARGEST >> 20} MB: a configuration is a short YAML file")
    return text


def parse_yaml(text: str, source: str) -> Any:
    """The values of a YAML text; raises ConfigError with source, line and column of what cannot be read."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = "" if isinstance(error, _Refused) else "not YAML: "
        advice = ": indent with spaces, not with tabs" if r"'\t'" in (error.problem or "") else ""
        raise ConfigError(f"{source}{where}: {what}{error.problem or error.context}{advice}") from None
    except (yaml.YAMLError, ValueError) as error:  # a sign that no text holds; the 31st of February
        raise ConfigError(f"{source}: not YAML: {' '.join(str(error).split())}") from None


class _Refused(yaml.MarkedYAMLError):
    """It is YAML, and no configuration."""

    def __init__(self, problem: str, node: yaml.Node | yaml.Event):
        super().__init__(problem=problem, problem_mark=node.start_mark)


class _Loader(yaml.SafeLoader):
    """A safe loader that also counts: nested aliases of a few hundred bytes stand for gigabytes."""

    def __init__(self, text: str):
        super().__init__(text)
        self._sizes: dict[int, int] = {}  # of each node, what is below an alias counted as often as it is named
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node; raises where it is too large, too deep or within itself, or holds a key twice."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) and id(self.anchors.get(event.anchor)) not in self._sizes:
            raise _Refused(f"*{event.anchor} names nothing above, or what it stands in", event)
        if self._depth == _DEEPEST:
            raise _Refused(f"more than {_DEEPEST} levels", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if id(node) not in self._sizes:
            self._sizes[id(node)] = 1 + sum(self._sizes[id(part)] for part in _parts(node))
        if self._sizes[id(node)] > _MOST:
            raise _Refused(f"more than {_MOST} values, those of an alias counted each time", event)
        return node


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """The nodes right below; raises where a mapping holds a key twice, of which YAML would take the last."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in lines:
                raise _Refused(f"{key.value!r} is set in line {lines[key.value]} already: keep one", key)
            lines[str(key.value)] = key.start_mark.line + 1
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []
