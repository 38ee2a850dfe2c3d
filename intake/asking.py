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
from intake.forms.fields import SomeOf
from intake.models import NoticeShown
from intake.phone import Section, can_wait
from intake.questions import Page

# A list longer than this is not read out: the family answers freely, and the coordinator finds it.
READ_OUT_CHOICES = 6
# Hints that keep a family from telling more than we want to know: read out every time.
READ_OUT_HINTS = frozenset({"entry", "afraid", "criminal"})
# Of the field that asks which language they speak: none that a page is written in.
OTHER_LANGUAGE = "other"


@dataclass(frozen=True, slots=True)
class Say:
    """One question in the family's language."""

    question: str
    hint: str
    choices: list[str]
    # "None of these" and "I don't know" need no reading out.
    said_choices: list[str]
    # Whether hint and choices are said every time; else they are at hand for when somebody hesitates.
    hint_is_said: bool
    choices_are_said: bool

    def aloud(self) -> list[str]:
        """What is read out every time."""
        return [
            self.question,
            *([self.hint] if self.hint and self.hint_is_said else []),
            *(self.said_choices if self.choices_are_said else []),
        ]

    @property
    def is_more_at_hand(self) -> bool:
        return bool((self.hint and not self.hint_is_said) or (self.choices and not self.choices_are_said))


@dataclass(frozen=True, slots=True)
class Asked:
    """One page as the screen shows it. `say` is empty where the English of the form is what to say."""

    page: Page
    form: QuestionForm
    saved_at: int
    note: str
    say: dict[str, Say]
    is_answered: bool
    can_wait: frozenset[str]
    # What was answered in another tab meanwhile; nothing of this page was saved then.
    kept: list[Answer] = field(default_factory=list)

    def fields(self) -> Iterator[tuple[BoundField, Say | None]]:
        """What is asked of every family."""
        for bound in self.form:
            if bound.name not in self.can_wait:
                yield bound, self.say.get(bound.name)

    def fields_that_can_wait(self) -> list[tuple[BoundField, Say | None]]:
        return [(bound, self.say.get(bound.name)) for bound in self.form if bound.name in self.can_wait]

    @property
    def has_error_among_them(self) -> bool:
        return any(bound.errors for bound, _say in self.fields_that_can_wait())


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
            note, say = str(spoken.note), {name: in_words(name, field) for name, field in spoken.fields.items()}
    is_answered = answers.is_answered(page)
    return Asked(page, form, draft.saved_at(page.name), note, say, is_answered, can_wait(answers), kept or [])


def in_words(name: str, asked: Field) -> Say:
    """A field in the words of the active language. Answers are read out where several may be true."""
    listed: Any = getattr(asked, "choices", ())
    choices = [str(label) for _value, label in listed]
    said_choices = [str(label) for value, label in listed if value not in ("none", "unknown")]
    is_several = isinstance(asked, SomeOf) and len(choices) <= READ_OUT_CHOICES
    return Say(str(asked.label), str(asked.help_text), choices, said_choices, name in READ_OUT_HINTS, is_several)
