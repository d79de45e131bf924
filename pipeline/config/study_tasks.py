"""`tasks.<name>` as a study has it: what a task is and, where one says so, what it is tested on."""

from pydantic import model_validator

from pipeline.base.set_names import on_corpus
from pipeline.config.faults import refusal
from pipeline.config.settings import Name
from pipeline.config.tasks import LabeledTask, TaskSettings


class StudyTask(TaskSettings):
    """`tasks.<name>`: labels, splits and metrics on one corpus."""

    test_corpus: Name | None = None
    """Another corpus, all of which is tested in place of the folds' own test parts: `classes` map
    the values of both; null = the task is tested on its own corpus."""
    test_annotation: str | None = None
    """Which annotation of `test_corpus` is the target; null = `annotation`."""

    @property
    def tested_corpus(self) -> str:
        """The corpus whose utterances are tested."""
        return self.test_corpus or self.corpus

    def place_of_test(self, task: str) -> str:
        """What holds labels, splits and masks of the test of `task`: itself, or mood@meld."""
        return task if self.test_corpus is None else on_corpus(task, self.test_corpus)

    @property
    def tested(self) -> LabeledTask:
        """What gives the test corpus its labels."""
        annotation = self.test_annotation or self.annotation
        kept = {name: getattr(self, name) for name in LabeledTask.model_fields}
        return LabeledTask(**{**kept, "annotation": annotation, "metrics": self.measured})

    @model_validator(mode="after")
    def _the_test_corpus_is_another(self) -> "StudyTask":
        if self.test_corpus == self.corpus:
            message = "is the task's own corpus: delete test_corpus, its folds test it already"
            raise refusal(("test_corpus",), message, self.test_corpus)
        if self.test_annotation is not None and self.test_corpus is None:
            message = "there is no test_corpus that it could be of"
            raise refusal(("test_annotation",), message, self.test_annotation)
        return self
