"""The URL-walk probe: does any address of the product show or change what is somebody else's?

``world`` makes records with planted words in every village, ``routes`` finds every address
by itself, ``walk`` asks for all of them as one person after another.  The test suite runs a
short walk (``tests/contract/test_isolation.py``), ``benchmarks/probe_isolation.py`` the whole.
"""
