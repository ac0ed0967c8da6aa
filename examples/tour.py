"""A tour on real data (examples/data/SOURCES.md): write, slice, plan, resize, read back."""

import pathlib
import sys
import tempfile

import numpy as np

import frozarr

SHADES = " .:-=+*#%@"


def picture(rows: np.ndarray) -> str:
    """One character a month, one line a year: dark is warm."""
    low, high = np.nanmin(rows), np.nanmax(rows)
    steps = ((rows - low) / (high - low) * (len(SHADES) - 1)).round().astype(int)
    return "\n".join("    " + "".join(SHADES[s] * 2 for s in row) for row in steps)


def main() -> None:
    here = pathlib.Path(__file__).parent / "data" / "elnino.csv"
    table = np.genfromtxt(here, delimiter=",", skip_header=1)
    years, temperatures = table[:, 0].astype(int), table[:, 1:].astype("f4")

    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(tempfile.mkdtemp())
    store = root / "nino.zarr"

    array = frozarr.create_array(
        store,
        data=temperatures,
        chunks=(16, 12),
        dimension_names=["year", "month"],
        attributes={"units": "degrees Celsius", "first_year": int(years[0])},
        fill_value=np.nan,
        overwrite=True,
    )
    print("written:", array)
    print(array.info_complete())

    print("\nthe plan of array[32:34, 6:], before anything is read:")
    print(array.plan[32:34, 6:].describe())
    print("\nthe strong El Niño of 1982/83 (July to December, then the year after):")
    print(array[32:34, 6:])

    warm = array.oindex[np.flatnonzero(temperatures.max(axis=1) > 27.3), :]
    print(f"\n{len(warm)} years with a month above 27.3 °C, read with oindex:")
    print(picture(warm))

    larger = array.resize((64, 12))
    print("\nresized:", larger.shape, "- the old handle still says", array.shape)
    print("years without data read as the fill value:", larger[63, :3])

    again = frozarr.open_array(store, mode="r")
    assert np.array_equal(again[:61], temperatures)
    print("\nread back from", again.store_path, "- all", temperatures.size, "values equal")
    print("attributes:", dict(again.attrs))


if __name__ == "__main__":
    main()
