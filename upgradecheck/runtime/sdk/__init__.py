"""What a DAG file imports under Airflow 3.3: our own small model of it, module by module.

Each module says in ``HOME`` which Airflow module its ``__all__`` stands for (``HOMES`` names what lives elsewhere);
``finder`` hands these out under every name by which Airflow reaches the same object.
"""
