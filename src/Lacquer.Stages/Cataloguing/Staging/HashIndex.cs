namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Numbers by hash, in 12 bytes an entry and at most twice that: what has been seen before, in a build that sees hundreds of millions. A hash of 0 is not one.
/// </summary>
internal sealed class HashIndex
{
    private ulong[] _hashes = new ulong[1 << 10];
    private uint[] _numbers = new uint[1 << 10];

    public int Count { get; private set; }

    /// <summary>The number under a hash; a new one gets the next, from 0.</summary>
    public bool TryAdd(ulong hash, out uint number)
    {
        var mask = _hashes.Length - 1;
        for (var slot = (int)(hash >> 20) & mask; ; slot = (slot + 1) & mask)
        {
            if (_hashes[slot] == hash)
            {
                number = _numbers[slot];
                return false;
            }

            if (_hashes[slot] != 0)
                continue;
            number = (uint)Count++;
            (_hashes[slot], _numbers[slot]) = (hash, number);
            if (Count > _hashes.Length / 4 * 3)
                Grow();
            return true;
        }
    }

    private void Grow()
    {
        var (hashes, numbers) = (_hashes, _numbers);
        _hashes = new ulong[hashes.Length * 2];
        _numbers = new uint[hashes.Length * 2];
        var mask = _hashes.Length - 1;
        for (var i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] == 0)
                continue;
            var slot = (int)(hashes[i] >> 20) & mask;
            while (_hashes[slot] != 0)
                slot = (slot + 1) & mask;
            (_hashes[slot], _numbers[slot]) = (hashes[i], numbers[i]);
        }
    }
}
