"""Cards that make a board a member of the room at its first start: name, account, Wi-Fi, and a host key known here.

The system itself is written by Raspberry Pi Imager or dd. What is here touches the FAT partition alone.
"""
