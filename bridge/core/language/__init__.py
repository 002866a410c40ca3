"""The mapping language: JMESPath with the bridge's functions, compiled once, under budgets."""
