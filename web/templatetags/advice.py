"""How advice on rights is shown in a language that nobody has checked: in English too, and first."""

from django import template
from django.template import Context, NodeList
from django.template.base import Parser, Token
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from web.languages import DRAFT_LANGUAGES

register = template.Library()
# In the context of what stands between the two tags, so that advice within advice is not doubled again.
INSIDE = "is_in_rights_advice"


class RightsAdvice(template.Node):
    """In a draft language: the English, below it the draft marked as one, and the number to call."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        language = get_language() or "en"
        if language not in DRAFT_LANGUAGES or context.get(INSIDE):
            return self.nodelist.render(context)
        with context.push(**{INSIDE: True}):
            with override("en"):
                english = self.nodelist.render(context)
            draft = self.nodelist.render(context)
        both = {"english": english, "draft": draft, "language": language, "helpline": context.get("helpline")}
        return render_to_string("web/rights_advice.html", both)


@register.tag
def rights_advice(parser: Parser, token: Token) -> RightsAdvice:
    """`{% rights_advice %}…{% endrights_advice %}`; nothing between them may have an id or lead to a page of the site.

    What is between is drawn twice: so would the id be, and a link in the English part would change the language.
    """
    nodelist = parser.parse(("endrights_advice",))
    parser.delete_first_token()
    return RightsAdvice(nodelist)
