"""Data Docs that show foreign names and values as text: the templates of Great Expectations escape only a part."""

import html
from typing import Any

from great_expectations.render import RenderedDocumentContent
from great_expectations.render.view import DefaultJinjaPageView

_OWN = '<span class="mr-3 triangle"></span>'  # the only markup of the page renderers within a text


class EscapedPageView(DefaultJinjaPageView):
    """Escapes every string of a page once, before the templates see it."""

    def render(self, document: RenderedDocumentContent, template: str | None = None, **kwargs: Any) -> str:
        """The page as HTML."""
        return super().render(self._escaped(document.to_json_dict()), template, **kwargs)

    def _escaped(self, part: Any) -> Any:
        if isinstance(part, dict):
            return {k: v if k in self._TRUSTED_HTML_PARAMS else self._escaped(v) for k, v in part.items()}
        if isinstance(part, list):
            return [self._escaped(item) for item in part]
        return html.escape(part).replace(html.escape(_OWN), _OWN) if isinstance(part, str) else part

    def _validate_document(self, document: Any) -> None:
        """It is a mapping by now."""

    @staticmethod
    def _escape_template_param_value(value: Any) -> Any:
        """Nothing: it is escaped by now."""
        return value
