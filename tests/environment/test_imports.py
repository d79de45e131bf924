"""Every module loads with the packages of the users' lock."""

import importlib

import pytest

from tests.modules import MODULES

pytestmark = pytest.mark.fresh


@pytest.mark.parametrize("name", MODULES)
def test_the_module_loads(name):
    importlib.import_module(name)
