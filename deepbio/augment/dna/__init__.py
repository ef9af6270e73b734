"""Operations on DNA."""
