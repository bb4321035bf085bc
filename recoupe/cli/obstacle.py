"""What stops a command: one French sentence that says what to do; the command prints it and ends with 1."""

from recoupe.config.paths import credential, data_folder
from recoupe.config.processes import PROCESSES
from recoupe.kernel.refusal import Refusal, gettext_noop

NO_INSTALLATION = gettext_noop(
    "%(folder)s ne contient pas d'installation : recoupe install ou make demo en crée une, ou donnez DATA=…"
)
NO_ANSWER = gettext_noop("La base de %(folder)s ne répond pas : démarrez-la (make demo), puis recommencez.")

NO_KEY = gettext_noop(
    "%(file)s ne contient pas de clé de %(login)s : make demo y met celles des agents inventés (donnez le même DATA)."
)


class Obstacle(Refusal):
    """The machine or its state forbids going on; never a bug, always something that the reader can change."""


def require_installation(process: str) -> None:
    """A folder that nobody set up has no address for this process: waiting for its database would last for ever."""
    if not credential(PROCESSES[process].role).is_file():
        raise Obstacle(NO_INSTALLATION, folder=str(data_folder()))


def no_answer() -> Obstacle:
    """The database of this folder does not answer."""
    return Obstacle(NO_ANSWER, folder=str(data_folder()))


def need(holds: bool, sentence: str) -> None:
    """What must be so; the sentence says what is not."""
    if not holds:
        raise Obstacle(sentence)
