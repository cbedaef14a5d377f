"""What calls took and cost, told by the models as they are used."""
