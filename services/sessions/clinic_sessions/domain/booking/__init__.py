"""Plans and bookings: what a visit takes up, and when.

Read in this order. `grid` is the five minutes everything is counted in. `visit` is what comes out:
a start and reservations, each of one resource for one stretch of time. `asks` is what a protocol
wants of a location, before anything is chosen. `days` holds what is taken as bits, a day at a time,
`supply` who could serve an ask on a day. `assignment` chooses, purely; `seating` makes a visit of
the choice. `timetable` puts these together: for one start it answers with a visit or with a
conflict, for a stretch of time with starts. `wishes` are who and what is asked for by name.
`opening` and `lacking` find the conflicts, `conflicts` has their kinds and words.

On top of it: `series` finds as many starts as a plan lacks, `gaps` gives the reasons why there are
not more, `preferences` is when somebody would like to come; `search` puts these together. `repair`
finds what becomes of visits that cannot be where they are, `proposal` shows it.

Beside it: `plan`, for which one books; `around`, what was read before; `wall`, a time on a clock;
`hold`, seats for a while; `override`, a permission; `history`, what became of a booking.
"""
