"""The same plan on a real Airflow 3 (``replay --engine airflow``). Start reading here.

    engine.replay                   files, plan -> the report, in the shape of the embedded runtime's
      environment.interpreter       the one that was named, or a cached virtual environment
      home.Home                     a folder for one replay: bundles, database, environment
      inside.load                   what loads, and what a run of it needs
      inside.test                   runs through ``dag.test()``, where that tells the truth; else
      deployment.running            scheduler, DAG processor, triggerer, API server, until
      inside.conduct                has made the plan's runs and seen them end
      records                       the rows of the metadata database -> run records

``inside``, ``conducting`` and ``records`` run in the other interpreter, which has Airflow and nothing of ours. Task
code does what it likes there, as in a deployment: nothing is refused.
"""
