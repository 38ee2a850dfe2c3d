"""A section of a call on one screen: each page's form in English, beside it what to say in the family's language."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField, Field
from django.http import QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from intake.actions import save_page
from intake.answers import Answer, Answers
from intake.drafts import OpenDraft
from intake.forms.family import QuestionForm
from intake.models import NoticeShown
from intake.phone import Section
from intake.questions import Page

# A list longer than this is not read out: the family answers freely, and the coordinator finds it.
READ_OUT_CHOICES = 6
# Of the field that asks which language they speak: none that a page is written in.
OTHER_LANGUAGE = "other"


@dataclass(frozen=True, slots=True)
class Say:
    """One question in the family's language."""

    question: str
    hint: str
    choices: list[str]

    @property
    def is_long(self) -> bool:
        return len(self.choices) > READ_OUT_CHOICES


@dataclass(frozen=True, slots=True)
class Asked:
    """One page as the screen shows it. `say` is empty where the English of the form is what to say."""

    page: Page
    form: QuestionForm
    saved_at: int
    note: str
    say: dict[str, Say]
    is_answered: bool
    # What was answered in another tab meanwhile; nothing of this page was saved then.
    kept: list[Answer] = field(default_factory=list)

    def fields(self) -> Iterator[tuple[BoundField, Say | None]]:
        for bound in self.form:
            yield bound, self.say.get(bound.name)


@dataclass(frozen=True, slots=True)
class Screen:
    """What became of a section that was sent."""

    asked: list[Asked]
    is_clear: bool


def show(draft: OpenDraft, section: Section, answers: Answers) -> list[Asked]:
    """The section's pages that are asked of this family."""
    shown = answers.pages()
    return [_asked(draft, answers, page, _form(draft, answers, page)) for page in section.pages if page in shown]


def take(draft: OpenDraft, section: Section, sent: QueryDict, answers: Answers) -> Screen:
    """Saves each valid page of the screen; `is_clear` unless one is wrong, newer elsewhere, or appeared only now.

    Pages come in order: what one of them answers decides whether and how the next is asked. With "don't know" or a
    cut call, pages nobody has touched are left as they were. Raises `AlreadySubmitted`.
    """
    skipped, is_cut = sent.get("dont_know", ""), "cut" in sent
    asked, is_clear = [], True
    for page in section.pages:
        answers = draft.answers(answers.now)
        if page not in answers.pages():
            continue
        is_skipped = page.may_skip and page.name == skipped
        form = _form(draft, answers, page, MultiValueDict() if is_skipped else sent)
        was_on_screen = page.name in sent.getlist("page")
        is_untouched = not is_skipped and page.name not in draft.typed and _is_untouched(form, sent)
        if not was_on_screen or ((skipped or is_cut) and is_untouched):
            asked.append(_asked(draft, answers, page, _form(draft, answers, page)))
            is_clear = is_clear and (is_cut or answers.is_answered(page))
            continue
        is_newer_elsewhere = False
        if form.is_valid():
            typed, seen = form.to_typed(), sent.get(f"saved_at-{page.name}", "0")
            is_newer_elsewhere = seen != str(draft.saved_at(page.name)) and typed != draft.typed.get(page.name)
            if not is_newer_elsewhere:
                save_page(draft=draft, page_name=page.name, typed=typed)
        is_clear = is_clear and form.is_valid() and not is_newer_elsewhere
        kept = list(answers.spoken(page)) if is_newer_elsewhere else []
        asked.append(_asked(draft, draft.answers(answers.now), page, form, kept))
    return Screen(asked, is_clear)


def _is_untouched(form: QuestionForm, sent: QueryDict) -> bool:
    """Nothing in it but what was chosen when it was first shown."""
    return not form.has_changed() or not any(value for name in form.fields for value in sent.getlist(name))


def _form(draft: OpenDraft, answers: Answers, page: Page, sent: MultiValueDict[str, str] | None = None) -> QuestionForm:
    """The page's form; where a language is asked, the call's own is chosen already."""
    form = answers.form(page, sent)
    language = draft.row.language
    form.initial["text_language"] = language
    if "spoken" in form.fields:
        notice = NoticeShown.objects.get(draft_id=draft.row.pk)
        form.initial["spoken"] = OTHER_LANGUAGE if notice.is_interpreted and language == "en" else language
    return form


def _asked(
    draft: OpenDraft, answers: Answers, page: Page, form: QuestionForm, kept: list[Answer] | None = None
) -> Asked:
    note, say = "", {}
    if draft.row.language != "en":
        with translation.override(draft.row.language):
            # Built under the language, not only read: some choices are put into words as the form is made.
            spoken = page.form(now=answers.now, typed=answers.typed)
            note, say = str(spoken.note), {name: _say(field) for name, field in spoken.fields.items()}
    return Asked(page, form, draft.saved_at(page.name), note, say, answers.is_answered(page), kept or [])


def _say(asked: Field) -> Say:
    listed: Any = getattr(asked, "choices", ())
    return Say(str(asked.label), str(asked.help_text), [str(label) for _value, label in listed])
