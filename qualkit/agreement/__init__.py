"""How far coders agree: coefficients, their intervals, what explains them, how much to code twice. Arrays in, numbers out."""
