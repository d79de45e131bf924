"""A small first-party tree in the place of ours, and the digests of its modules."""

from pipeline.base import provenance

TREE = {
    "pipeline/__init__.py": '"""Root."""\n',
    "pipeline/files.py": ('"""Files."""\n\n\ndef write(x):\n    """Write."""\n    return x + 1\n'),
    "pipeline/stages/__init__.py": "",
    "pipeline/stages/train.py": (
        '"""Stage."""\n\nimport os\n\nfrom pipeline.files import write\n\n\n'
        "def main():\n    from models import net\n\n    return write(1), net, os\n"
    ),
    "pipeline/other.py": "VALUE = 1\n",
    "models/__init__.py": "",
    "models/net.py": "import models.layers as layers\n\nDEPTH = 3\n",
    "models/layers.py": "WIDTH = 8\n",
}


def digest(*modules):
    provenance.forget()
    return provenance.code_digest(*modules)
