namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>A staged credit: its names, one after another.</summary>
internal ref struct CreditPayload
{
    private PayloadReader _from;
    private int _left;

    public CreditPayload(ReadOnlySpan<byte> payload)
    {
        _from = new PayloadReader(payload);
        // What is printed, which the names say again.
        _from.Text();
        Count = _left = (int)_from.Number();
    }

    /// <summary>How many names there are.</summary>
    public int Count { get; }

    /// <summary>The name that <see cref="Next"/> came to, as printed.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public ReadOnlySpan<byte> JoinPhrase { get; private set; }

    public ReadOnlySpan<byte> Role { get; private set; }

    /// <summary>The artist's number.</summary>
    public uint Artist { get; private set; }

    /// <summary>Goes on to the next name; false behind the last.</summary>
    public bool Next()
    {
        if (_left == 0)
            return false;
        _left--;
        Name = _from.Text();
        JoinPhrase = _from.Text();
        Role = _from.Text();
        Artist = (uint)_from.Number();
        return true;
    }
}
