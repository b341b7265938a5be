"""The notebook of the Python client runs from its first cell to its last against a live site."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.clients.conftest import CLIENT
from tom_photvalidation.models import PhotometryPoint

pytestmark = pytest.mark.django_db(transaction=True)

NOTEBOOK = CLIENT / "notebooks" / "first_steps.ipynb"


def printed(notebook) -> str:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.get("text", "") for output in outputs)


def test_it_runs(site, kernel_environment, tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    text = printed(notebook)
    assert site.event.name in text
    assert "1 pointings" in text
    assert "3 exists" in text
    assert "banana" in text
    assert "1 created" in text
    assert PhotometryPoint.objects.count() == 3
    assert site.key not in str(notebook)


def test_it_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not printed(notebook)
