"""What two services settle of one person registered twice: agreement, or arbitration by S-6."""
