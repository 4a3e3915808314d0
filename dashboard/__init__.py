"""The dashboard: payoffs under your hands, the answer on the first screen, the reason beside it.

Views are thin and call components; components return plain values. What is being looked at is a `Study`
(`dashboard.study`); each session's own is kept in `dashboard.state`; `dashboard.desk` computes for the pages, and
`dashboard.jobs` runs long work outside this process. No model logic lives here: the dashboard calls what the command
line calls.
"""
