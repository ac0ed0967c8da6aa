"""For tests, here and elsewhere: hypothesis strategies, a NumPy oracle, a store test class, faults.

Nothing in frozarr imports this package; it needs hypothesis and pytest.
"""
