"""A small corpus that the doctor looks at."""

import wave

TABLE = "utterance_id,dialogue_id,media,emotion,split\nu1,d,a.mp4,joy,train\nu2,d,a.mp4,sad,test\n"


def write_sound(path):
    """A tenth of a second; what a file is called does not matter to a decoder."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
