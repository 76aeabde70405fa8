"""Folders of pictures: what becomes of their pixels, in which order they come, which are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from surefoot.data import load
from surefoot.data.convert import convert
from surefoot.data.pictures import pixels
from surefoot.errors import BadValue, DataError, MissingExtra

Image = pytest.importorskip("PIL.Image", reason="pictures need Pillow")
RNG = np.random.default_rng(3)


def saved(path: Path, array: np.ndarray, **options: object) -> Path:  # type: ignore[type-arg]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


def grey(height: int = 5, width: int = 4) -> np.ndarray:  # type: ignore[type-arg]
    return RNG.integers(0, 256, (height, width)).astype(np.uint8)


def pets(folder: Path, n: int = 8) -> tuple[Path, dict[str, np.ndarray]]:  # type: ignore[type-arg]
    """A folder of n cats and n dogs without loss, and the pixels of each by "class/file"."""
    made = {}
    for name in ("dog", "cat"):
        for k in range(n):
            file = f"{k}{('.png', '.BMP', '.tif', '.gif')[k % 4]}"
            made[f"{name}/{file}"] = grey()
            saved(folder / "pets" / name / file, made[f"{name}/{file}"])
    return folder / "pets", made


@pytest.mark.parametrize("rows", [3, 1 << 14])
def test_a_row_for_each_picture_and_a_class_for_each_subfolder(tmp_path, monkeypatch, rows):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("surefoot.data.streams.ROWS", rows)
    folder, made = pets(tmp_path)
    (folder / "cat" / "Thumbs.db").write_text("no picture")
    (folder / "cat" / "._0.png").write_text("what a Mac leaves behind")
    (folder / ".hidden").mkdir()
    data = convert(folder, tmp_path / "out")
    assert (data.classes, data.scale, data.image_shape, data.name) == (("cat", "dog"), 255.0, (5, 4), "pets")
    assert data.X.dtype == np.uint8
    found = sorted((data.classes[y], *x) for x, y in zip(data.X.tolist(), data.y, strict=True))
    assert found == sorted((key.partition("/")[0], *array.ravel().tolist()) for key, array in made.items())
    assert load(tmp_path / "out").hash == data.hash


def test_the_order_mixes_classes_is_always_the_same_and_a_new_picture_moves_none(tmp_path):  # type: ignore[no-untyped-def]
    folder, _ = pets(tmp_path, 20)
    first = convert(folder, tmp_path / "a")
    assert first.hash == convert(folder, tmp_path / "b").hash
    assert 4 <= np.count_nonzero(first.y[:20]) <= 16
    new = grey()
    saved(folder / "cat" / "another.png", new)
    more = convert(folder, tmp_path / "c").X.tolist()
    more.remove(new.ravel().tolist())
    assert more == first.X.tolist()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr"])
def test_colours_become_grey_as_pillow_weighs_them(tmp_path, mode):  # type: ignore[no-untyped-def]
    picture = Image.fromarray(RNG.integers(0, 256, (6, 7, 3)).astype(np.uint8)).convert(mode)
    picture.save(tmp_path / "a.tif")
    with Image.open(tmp_path / "a.tif") as again:
        assert np.array_equal(pixels(tmp_path / "a.tif"), np.asarray(again.convert("L")))


def test_jpeg_is_near_what_was_drawn(tmp_path):  # type: ignore[no-untyped-def]
    drawn = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (16, 1))
    assert np.abs(pixels(saved(tmp_path / "a.jpg", drawn, quality=95)).astype(int) - drawn).max() <= 4


def test_transparent_parts_are_white_and_half_ones_half_so(tmp_path):  # type: ignore[no-untyped-def]
    ink = np.zeros((2, 3, 4), np.uint8)
    ink[0, :, 3], ink[1, 0, 3] = 255, 128
    assert pixels(saved(tmp_path / "a.png", ink)).tolist() == [[0, 0, 0], [127, 255, 255]]


def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path):  # type: ignore[no-untyped-def]
    drawn = grey(8, 16)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter clockwise
    assert np.array_equal(pixels(saved(tmp_path / "a.png", drawn, exif=exif)), np.rot90(drawn, -1))


def test_of_several_pictures_in_one_file_the_first_counts(tmp_path):  # type: ignore[no-untyped-def]
    frames = [Image.fromarray(grey()) for _ in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert np.array_equal(pixels(tmp_path / "a.tif"), np.asarray(frames[0]))


def test_another_size_names_the_file_and_both_and_can_be_asked_for(tmp_path):  # type: ignore[no-untyped-def]
    folder, _ = pets(tmp_path)
    saved(folder / "dog" / "wide.png", grey(5, 6))
    with pytest.raises(
        DataError, match=r"(wide\.png is 5 x 6 pixels .* is 5 x 4|is 5 x 4 .*wide\.png is 5 x 6)"
    ):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    data = convert(folder, tmp_path / "out", size=(3, 2))
    assert (data.image_shape, data.X.shape) == ((3, 2), (17, 6))
    flat = saved(tmp_path / "flat.png", np.full((9, 9), 77, np.uint8))
    assert np.array_equal(pixels(flat, (4, 5)), np.full((4, 5), 77))
    stripes = saved(tmp_path / "stripes.png", np.tile(np.array([[0, 0, 200, 200]], np.uint8), (6, 1)))
    assert pixels(stripes, (1, 2)).tolist()[0] == sorted(pixels(stripes, (1, 2)).tolist()[0])


def damaged(path: Path, cut: slice = slice(None), put: bytes = b"") -> None:
    path.write_bytes(path.read_bytes()[cut] + put)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda path: path.write_bytes(b""), "is no picture that can be read"),
        (lambda path: path.write_text("a text"), "is no picture that can be read"),
        (lambda path: damaged(path, slice(0, 60)), "is no picture that can be read"),
        (lambda path: damaged(path, slice(0, 20), bytes(90)), "is no picture that can be read"),
        (lambda path: damaged(path, slice(8, None)), "is no picture that can be read"),
        (lambda path: saved(path, np.full((5, 4), 40_000, np.uint16)), "which 8 bits do not hold"),
        (lambda path: saved(path.with_suffix(".tif"), np.full((5, 4), 0.5, np.float32)), "kind F, which 8"),
    ],
)
def test_a_broken_picture_is_one_sentence_that_names_it(tmp_path, break_it, words):  # type: ignore[no-untyped-def]
    folder, _ = pets(tmp_path)
    break_it(saved(folder / "dog" / "bad.png", RNG.integers(0, 256, (5, 4, 3)).astype(np.uint8)))
    with pytest.raises(DataError, match=rf"bad\.(png|tif) .*{words}") as caught:
        convert(folder, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    path = saved(tmp_path / "a.png", grey(40, 50))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)  # Pillow warns above, and raises at twice as many
    with pytest.raises(DataError, match=r"a\.png is no picture that can be read .*2000 pixels"):
        pixels(path)


def test_folders_that_are_none_of_pictures(tmp_path):  # type: ignore[no-untyped-def]
    folder, _ = pets(tmp_path)
    (folder / "bird").mkdir()
    with pytest.raises(DataError, match=r"bird holds no picture"):
        convert(folder, tmp_path / "out")
    with pytest.raises(
        DataError, match=r"cat holds pictures itself; put those of each class into a subfolder"
    ):
        convert(folder / "cat", tmp_path / "out")
    saved(tmp_path / "one" / "cat" / "a.png", grey())
    with pytest.raises(DataError, match="only one class, 'cat'"):
        convert(tmp_path / "one", tmp_path / "out")
    with pytest.raises(BadValue, match="has no option target"):
        convert(tmp_path / "one", tmp_path / "out", target="a")


def test_without_pillow_the_extra_is_named(tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    folder, _ = pets(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtra, match=r"surefoot\[data\]"):
        convert(folder, tmp_path / "out")
