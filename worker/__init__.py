"""The worker: one payload on STDIN, one result line per document on STDOUT, all else on STDERR.

Law: imports nothing from `reconciler`; runs alone, on Camber or in Docker, from its own folder.

    __main__.py   STDIN -> STDOUT
    contract/     payload, run file, frame: the single definition, standard library only
    bootstrap.py  makes the environment of a run, then starts the worker in it; standard library only
    models.py     lays out the recognition models from the wheels that ship them
    pipeline.py   the stages in order, each timed
    seal.py       the encrypted master
    processors/   arrays in, values out: decode, quality, orientation, ocr, portal
    storage/      fetch and put
"""
