"""Sessions: read from folders, made in code, and mixed by virtual engineers."""
