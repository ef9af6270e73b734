"""Damage that happens without an attacker, and photographs of printed images."""
