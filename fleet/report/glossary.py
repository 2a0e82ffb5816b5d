"""The words of the page for a pupil of sixteen; pure."""

from __future__ import annotations

from fleet.i18n import lazy

GLOSSARY = (
    (lazy("real"), lazy("The time on a wall clock from the start of a program to its end.")),
    (lazy("user"), lazy("The time that processors spent on the program's own instructions, added over all cores.")),
    (lazy("sys"), lazy("The time that processors spent in the kernel for the program, such as giving it memory.")),
    (lazy("core"), lazy("A part of the processor that runs one stream of instructions at a time.")),
    (lazy("worker"), lazy("A thread or a process that does a share of the work.")),
    (
        lazy("thread, process"),
        lazy("Threads share the memory of one program; each process has memory of its own and costs more of it."),
    ),
    (
        lazy("GIL"),
        lazy(
            "Python's global interpreter lock: only the thread that holds it runs Python code, so threads take turns."
        ),
    ),
    (
        lazy("governor"),
        lazy("The rule by which the kernel chooses the clock: performance the highest, powersave the lowest."),
    ),
    (
        lazy("minor fault"),
        lazy(
            "A program touches a page of memory for the first time, and the kernel gives it the page without the disk."
        ),
    ),
    (lazy("resident memory"), lazy("The memory of a program that really is in RAM, not only promised.")),
    (lazy("median"), lazy("The middle one of all values in order; one odd value does not move it.")),
    (
        lazy("confidence interval"),
        lazy("The range in which the true median lies, by a method that is right in 95 of 100 cases."),
    ),
    (
        lazy("spread"),
        lazy("How far the values of one program lie apart: their standard deviation as a share of their mean."),
    ),
    (lazy("speed-up"), lazy("How many times faster the work is than with one worker.")),
    (lazy("efficiency"), lazy("Speed-up divided by the number of workers; 100 % is ideal.")),
    (lazy("serial part"), lazy("The share of the work that more workers do not make faster (Amdahl's law).")),
    (lazy("throttling"), lazy("The board lowers its own clock because it is too hot or its voltage is too low.")),
    (
        lazy("valid, suspect, invalid"),
        lazy("Nothing is held against a timing; something is, but it counts; it does not count."),
    ),
)
