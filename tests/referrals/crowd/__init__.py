"""Many at once, as processes of their own: random deeds (`deeds`), the processes (`__main__`, `processes`), what must
hold whatever they did and wherever they were killed (`invariants`), the application without a guard (`sabotage`).
"""
