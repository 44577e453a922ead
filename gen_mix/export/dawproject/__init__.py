"""DAWproject 1.0, the exchange format of Bitwig Studio, Studio One, Cubase and others: writing, checking, reading back.

https://github.com/bitwig/dawproject
"""
