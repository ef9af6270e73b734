"""Importing a file: presets, recognition by `get_model`, and one clear error for each way that a file can be wrong."""

import json

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.errors import ModelError, WeightsError
from deepbio.zoo import check_golden_outputs, describe, get_model
from deepbio.zoo.importers import import_weights, importer, importers
from tests.zoo.importers.torch_bytes import save_torch


def tiny_bpnet(outputs=1):
    """Arrays of a BPNet of 3 filters and 2 dilated layers, named as bpnet-lite does."""
    random = np.random.Generator(np.random.Philox(5))
    shapes = {
        "iconv.weight": (3, 4, 21), "iconv.bias": (3,), "rconvs.0.weight": (3, 3, 3), "rconvs.0.bias": (3,),
        "rconvs.1.weight": (3, 3, 3), "rconvs.1.bias": (3,), "fconv.weight": (outputs, 3, 75), "fconv.bias": (outputs,),
        "linear.weight": (1, 3), "linear.bias": (1,),
    }  # fmt: skip
    return {name: random.normal(size=shape).astype(np.float32) * 0.2 for name, shape in shapes.items()}


@pytest.fixture(params=["npz", "safetensors", "torch"])
def bpnet_file(request, tmp_path):
    path = tmp_path / f"model.{request.param}"
    save = {"npz": lambda path, arrays: np.savez(path, **arrays), "safetensors": lambda p, a: save_file(a, p)}
    save.get(request.param, save_torch)(path, tiny_bpnet())
    return path


def test_an_import_is_a_preset_that_loads_and_repeats_its_golden_outputs(bpnet_file, tmp_path):
    model = import_weights("bpnet_lite", bpnet_file, out=tmp_path / "p", length=150, labels=("reads",))
    loaded = get_model(tmp_path / "p")
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 150)).astype(np.uint8)
    np.testing.assert_array_equal(loaded.predict_on_batch(codes), model.predict_on_batch(codes))
    assert check_golden_outputs(loaded, tmp_path / "p") < 1e-5
    task = describe(loaded).task
    assert task is not None
    assert task.labels == ("reads",)
    kernel = tiny_bpnet()["iconv.weight"]
    np.testing.assert_array_equal(loaded.get_layer("stem").kernel[5, 2], kernel[:, 2, 5])
    card = (tmp_path / "p/card.md").read_text()
    assert "licence: unknown; ask the authors" in card
    assert "doi:10.1038/s41588-021-00782-6" in card
    recipe = yaml.safe_load((tmp_path / "p/recipe.yaml").read_text())["conversion"]
    assert recipe["options"] == {"length": 150, "labels": ["reads"]}


def test_get_model_recognizes_the_file_and_takes_another_length_or_head(bpnet_file):
    model = get_model("bpnet", weights=bpnet_file, input_shape=160)
    assert model.output_shape == (None, 160 - 2 * 53, 1)  # 10 + 2 + 4 + 37 on either side
    np.savez(bpnet_file.with_name("other.npz"), x=np.zeros(2))
    with pytest.raises(WeightsError, match=r"none of the forms known for bpnet \(bpnet_lite.*named x"):
        get_model("bpnet", weights=bpnet_file.with_name("other.npz"))
    with pytest.raises(WeightsError, match="No published form of weights is known for lenet5"):
        get_model("lenet5", weights=bpnet_file)


def test_a_licence_that_the_user_states_is_on_the_card(tmp_path):
    np.savez(tmp_path / "m.npz", **tiny_bpnet())
    import_weights("bpnet_lite", tmp_path / "m.npz", out=tmp_path / "p", length=150, licence="CC BY 4.0")
    assert "licence: CC BY 4.0" in (tmp_path / "p/card.md").read_text()


def test_every_tensor_that_does_not_fit_is_named(tmp_path):
    arrays = tiny_bpnet()
    arrays["rconvs.0.bias"] = np.zeros(4, np.float32)
    arrays["rconvs.1.offset"] = arrays.pop("rconvs.1.bias")
    arrays["linear.bias"] = np.array([np.nan], np.float32)
    np.savez(tmp_path / "m.npz", **arrays)
    with pytest.raises(WeightsError) as caught:
        import_weights("bpnet_lite", tmp_path / "m.npz", length=150)
    assert str(caught.value).splitlines()[:5] == [
        f"{tmp_path / 'm.npz'} does not fit bpnet: 4 of its arrays or layers differ.",
        "  wrong shape: rconvs.0.bias of shape (4,) becomes (4,); dilated_1/bias has shape (3,)",
        "  missing: rconvs.1.bias (for dilated_2/bias, shape (3,))",
        "  not finite: linear.bias of shape (1,), for counts_head/bias",
        "  unexpected: rconvs.1.offset of shape (3,)",
    ]


def test_a_file_of_another_format_is_one_error_that_names_an_array(tmp_path):
    np.savez(tmp_path / "m.npz", weight=np.zeros((2, 2)))
    with pytest.raises(
        WeightsError, match=r"has no array 'iconv.weight', which this format needs. Did you mean weight"
    ):
        import_weights("bpnet_lite", tmp_path / "m.npz")
    (tmp_path / "m.pt").write_bytes(b"<html>404</html>")
    with pytest.raises(WeightsError, match="no weight file that deepbio reads, or it is damaged"):
        import_weights("bpnet_lite", tmp_path / "m.pt")
    with pytest.raises(WeightsError, match="Expected a weight file at .*; No such file"):
        import_weights("bpnet_lite", tmp_path / "none.pt")


def test_a_cut_file_is_a_weights_error_wherever_it_is_cut(bpnet_file):
    whole = bpnet_file.read_bytes()
    for part in (0.001, 0.3, 0.9, 0.99):
        bpnet_file.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(WeightsError):
            import_weights("bpnet_lite", bpnet_file)


def test_a_renamed_file_is_recognized_by_its_content(bpnet_file):
    renamed = bpnet_file.rename(bpnet_file.with_name("weights.dat"))
    assert import_weights("bpnet_lite", renamed, length=150).output_shape == (None, 44, 1)


def test_unknown_formats_and_options_are_errors(tmp_path):
    with pytest.raises(ModelError, match=r"Unknown format of weights 'bpnetlite'. Did you mean bpnet_lite"):
        import_weights("bpnetlite", tmp_path / "m.npz")
    np.savez(tmp_path / "m.npz", **tiny_bpnet())
    with pytest.raises(ModelError, match=r"no option 'lenght'. Did you mean length"):
        import_weights("bpnet_lite", tmp_path / "m.npz", lenght=3)


@pytest.mark.parametrize("name", importers())
def test_every_format_states_source_citation_and_how_to_get_its_files(name):
    from deepbio.zoo import model_spec

    form = importer(name)
    assert form.repository.startswith("https://")
    assert "doi:" in form.citation or "arXiv:" in form.citation
    assert len(form.get) > 20
    assert all(model_spec(architecture) for architecture in form.architectures)
    assert form.signature


def test_the_command_imports_lists_and_tells_the_options(tmp_path):
    np.savez(tmp_path / "m.npz", **tiny_bpnet())
    run = CliRunner().invoke
    found = run(
        app, ["import", "bpnet_lite", str(tmp_path / "m.npz"), "-o", str(tmp_path / "p"), "--option", "length=150"]
    )
    assert found.exit_code == 0, found.output
    assert "state no licence" in found.stderr
    assert get_model(tmp_path / "p").output_shape == (None, 44, 1)
    listed = json.loads(run(app, ["import", "--list", "--json"]).stdout)
    assert {"format", "models", "licence", "citation", "get"} <= listed[0].keys()
    assert "length=2114" in run(app, ["import", "bpnet_lite", "--list"]).stdout
