"""What a DAG is made of, written for 2.x or for 3.x: is it the same before and after a fix? Start reading here.

    reading.read                  files -> a Shape each, in processes with a time limit
      loader.load                 the file is imported as in a replay, but
        older.OlderSurface        names that 3.x lacks stand for what took their place, or for a stand-in
        arguments.accept          arguments that 3.x lacks are taken, under the names that took their place
        absent.Absent             packages, variables and connections that are not here stand in for themselves
      describe                    DAG -> DagShape: plain text, nothing that hangs on one process
    compare.differences           two shapes -> what differs

This is no replay: nothing runs, and that a file loads here says nothing of 3.x. Both sides are read in the same
way, so that what differs is what the fix did.
"""
