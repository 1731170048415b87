"""The wait-list: who would like a time, and what becomes of a time that is free again.

`entry` is somebody who waits, `freed` a stretch that is free again and which of its starts come
first, `offer` the one put to the other.
`answering` is until when somebody can answer, `rules` has the clinic's numbers.
"""
