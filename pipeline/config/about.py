"""What a corpus is made of, so that whoever reads labels knows what a model was trained on."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from pipeline.config.settings import Section

# As BCP 47 writes it: en, pt-BR, zh-Hant.
Language = Annotated[str, Field(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$")]


class AboutSettings(Section):
    """`corpora.<name>.about`."""

    language: Language | None = None
    """Spoken: en, de, pt-BR; null = as its reader knows, else unknown."""
    acted: bool | None = None
    """True: by people who play; false: as it came; null = as its reader knows, else unknown."""
    synthetic: bool | None = None
    """True: made by machines, no people at all; null = as its reader knows, else unknown."""


class Provenance(Section):
    """`corpus` of run.json: what is known of the recordings; None: nobody said."""

    name: str
    reader: str
    language: Language | None = None
    acted: bool | None = None
    synthetic: bool | None = None

    def in_words(self) -> str:
        """One line for people: `demo (en, acted, synthetic: no people at all)`."""
        how = {None: "acted or not: unknown", True: "acted", False: "not acted"}[self.acted]
        told = [self.language or "language unknown", how]
        if self.synthetic is not False:
            told.append(
                "synthetic: no people at all" if self.synthetic else "synthetic or not: unknown"
            )
        return f"{self.name} ({', '.join(told)})"


# By reader. IEMOCAP is played by actors (Busso et al. 2008), MELD is a television series (Poria et
# al. 2019); MOSI and MOSEI are monologues of people who publish them (Zadeh et al. 2016, 2018).
PUBLISHED: Mapping[str, AboutSettings] = {
    "iemocap": AboutSettings(language="en", acted=True, synthetic=False),
    "meld": AboutSettings(language="en", acted=True, synthetic=False),
    "mosi": AboutSettings(language="en", acted=False, synthetic=False),
    "mosei": AboutSettings(language="en", acted=False, synthetic=False),
}
