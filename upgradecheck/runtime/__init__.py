"""What Airflow 3.3 does with a DAG, without Airflow: one run, from clock tick to task result. Start reading here.

    replay.replay                 files, plan -> the world afterwards
      executor.File -> worker.serve -> loader.load -> serialize.dag      each file in a process of its own
      simulation.settle           perform commands, tick, jump the clock
        scheduler.step            (world, event) -> world, commands: pure
          runs                    make runs and instances; is a run over?
          dependencies.evaluate   may an instance go? trigger_rules, view, mapping
          reports                 what a task said, and what becomes of it
        executor.perform          a process for a task: worker -> task_runner.run_task
          task_api                the only door from task code to the world; answers reads, reports writes
          outcomes                exception -> end
    report.document               the world -> JSON

``sdk`` is what DAG files import; ``finder`` hands it out as ``airflow``. Tables: ``states.TRANSITIONS``,
``trigger_rules.RULES``, ``outcomes.OUTCOMES``, ``timetables.NEXT``, ``answers.ANSWERS``, ``reports.ENDS``.
"""
