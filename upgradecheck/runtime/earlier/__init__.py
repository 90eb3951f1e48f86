"""What 2.11 does with a DAG file, for ``replay --against 2.11``: the same runtime, read in another way.

    dialects.Earlier          how a file is read: ``surface`` (names), ``arguments``, defaults out of a table
      timetables.NEXT         when runs are made, where 3.3 makes them otherwise
      context.dated           the keys and records that templates see
    dialects.Mended           2.x names and arguments with the meaning of 3.3: a file as it is once it loads
    survey.survey             a task that renders each field alone, and tells which keys it uses

``against`` asks both, and ``difference`` holds one beside the other. ``scripts/check_schedules.py`` and
``scripts/record_against.py`` hold this to real 2.11.2. No task code runs here.
"""
