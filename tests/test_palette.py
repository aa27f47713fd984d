"""The palette: text is readable on paper and on every shade, and the pages' variables are the same colours."""

from __future__ import annotations

import pytest

from nrms_np.palette import BLACK, DARK, LIGHT, WHITE, Palette, contrast, css, ramp, text_on

PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#FFFFFF", "#777777") == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails


@PALETTES
def test_text_is_readable_on_paper_and_on_every_weight(palette: Palette) -> None:
    # Value is for fills and lines only; on white its contrast is 3.0.
    for name in ("ink", "grey", "weight", "query", "key", "gradient"):
        assert contrast(getattr(palette, name), palette.paper) >= 4.5, name
    for step in range(101):
        shade = ramp(palette, step / 100)
        assert contrast(text_on(shade), shade) >= 4.5, step


@PALETTES
def test_the_ramp_goes_from_paper_to_the_weights_colour_and_text_turns_once(palette: Palette) -> None:
    assert (ramp(palette, 0), ramp(palette, 1)) == (palette.paper, palette.weight)
    assert len({ramp(palette, step / 100) for step in range(101)}) > 95  # no two weights look alike
    texts = [text_on(ramp(palette, step / 100)) for step in range(101)]
    assert texts == sorted(texts, key=[BLACK, WHITE].index, reverse=texts[0] == WHITE)


def test_the_pages_variables_are_these_colours() -> None:
    light, dark = css().split("@media (prefers-color-scheme: dark)")
    for text, palette in ((light, LIGHT), (dark, DARK)):
        assert all(f"--{name}: {colour}" in text for name, colour in palette._asdict().items())
    assert "--weight-rgb: 11 99 197" in light
