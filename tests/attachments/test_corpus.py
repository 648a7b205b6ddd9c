"""Hostile files are refused, good ones taken, and photographs keep nothing but pixels."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from wagtail.images.forms import get_image_form
from wagtail.images.models import Image as PublicImage

from core.attachments import gate
from core.attachments.names import mask_file_name
from core.attachments.reasons import REASONS, UploadRefused
from tests.corpus.build import bombs, corpus
from tests.corpus.photos import photo, photos, picture, traces

pytestmark = pytest.mark.once


def verdict(sample):
    try:
        gate.look_into(sample.name, sample.content)
    except UploadRefused as refused:
        return refused.code
    return "kept"


def test_the_whole_corpus(here):
    samples = corpus()
    verdicts = [(sample, verdict(sample)) for sample in samples]

    hostile = [sample.what for sample, said in verdicts if sample.hostile and said == "kept"]
    good = [
        (sample.what, said) for sample, said in verdicts if not sample.hostile and said != "kept"
    ]
    count = sum(sample.hostile for sample in samples)
    assert (hostile, good) == ([], [])
    assert (len(samples) >= 200, count >= 100) == (True, True)


@pytest.mark.parametrize("bomb", bombs(), ids=lambda sample: sample.what)
def test_a_bomb_is_refused_by_the_child(bomb):
    assert verdict(bomb) in {
        "too_many_pixels",
        "damaged",
        "too_heavy",
        "inflates_too_much",
        "too_many_parts",
        "declarations",
    }


@pytest.mark.parametrize(
    ("kind", "what"), [("image", "photo, jpeg"), ("pdf", "PDF"), ("docx", "DOCX"), ("xlsx", "XLSX")]
)
def test_a_good_file_comes_back_from_the_child(kind, what):
    samples = [s for s in corpus() if not s.hostile and s.what.startswith(what)]

    passed = gate.look_into(samples[0].name, samples[0].content)

    assert (passed.file_type, len(passed.content) > 100) == ({"image": "jpg"}.get(kind, kind), True)


def test_a_child_that_dies_refuses_the_file(monkeypatch, tmp_path):
    program = tmp_path / "child.py"
    program.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(gate, "CHILD", program)

    with pytest.raises(UploadRefused, match="too_heavy"):
        gate.look_into("a.jpg", photo(1, "jpeg"))


def test_photographs_keep_pixels_and_orientation_only(here):
    left = []
    for name, content, orientation in photos(30):
        assert traces(content) != []
        kept = gate.look_into(name, content).content
        left += traces(kept)
        size = (96, 64) if orientation < 5 else (64, 96)
        assert Image.open(io.BytesIO(kept)).size == size
    assert left == []


def test_a_turned_photograph_stands_upright(here):
    kept = gate.look_into("a.jpg", photo(3, "jpeg", orientation=6)).content

    upright = Image.open(io.BytesIO(kept)).convert("RGB")
    # The red corner was the upper left one; turned by a quarter it is the upper right one.
    assert upright.getpixel((60, 4))[0] > 180
    assert picture(3).size == (96, 64)


# Wagtail leaves the temporary file of a rendition to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("spec", ["original", "width-40", "fill-32x32|format-webp"])
@pytest.mark.parametrize("form", ["jpeg", "png", "lossless"])
def test_public_images_and_their_renditions_lose_their_metadata(db, here, form, spec):
    content = photo(7, form, orientation=8)
    ending = {"jpeg": "jpg", "png": "png", "lossless": "webp"}[form]
    image = PublicImage(title="x", file=ContentFile(content, name=f"照片.{ending}"))

    image.save()

    assert (traces(image.file.open("rb").read()), image.width, image.height) == ([], 64, 96)
    assert traces(image.get_rendition(spec).file.open("rb").read()) == []


def test_the_form_of_public_images_strips_and_refuses(db, here):
    form_class = get_image_form(PublicImage)
    content = photo(7, "jpeg", orientation=6)

    taken = form_class({"title": "x"}, {"file": SimpleUploadedFile("a.jpg", content)})
    refused = form_class({"title": "x"}, {"file": SimpleUploadedFile("a.php.jpg", content)})
    taken.is_valid()

    assert "file" not in taken.errors
    assert refused.errors["file"].as_data()[0].code == "name_double"


def test_every_refusal_is_a_sentence_that_tells_what_to_do():
    for code in REASONS:
        sentence = UploadRefused(code, limit=1, kind="DOCX").sentence
        assert (sentence.endswith((".", "。")), "%" in sentence) == (True, False), code


@pytest.mark.parametrize(
    ("name", "masked"), [("王小明诊断书.pdf", "王****.pdf"), ("a.jpg", "a****.jpg"), ("", "")]
)
def test_names_are_masked_down_to_one_character(name, masked):
    assert mask_file_name(name) == masked
