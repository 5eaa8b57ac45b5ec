"""The five failures told apart: incidents made from events, linked by order and place."""
