using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>By what a file of a build is known to be whole.</summary>
/// <param name="Name">Its name in the build's folder.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Hash">Its XxHash3, 16 hexadecimal digits.</param>
internal sealed record StagedDigest(string Name, long LengthBytes, string Hash)
{
    /// <summary>Whether the file in this folder is what was written: after a power cut it may be short, or full of zeros.</summary>
    public bool IsMet(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path) || new FileInfo(path).Length != LengthBytes)
            return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        var hash = new XxHash3();
        hash.Append(file);
        return Text(hash) == Hash;
    }

    public static string Text(XxHash3 hash) => hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>
/// A new file of a build, written from its start, with its hash. Such files are not flushed to disk, as they are gone before long; a build that goes on after a kill looks at their hashes instead, so that none that
/// a power cut has torn is trusted.
/// </summary>
internal sealed class StagedFile(string path, int bufferBytes = 1 << 20) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
    private readonly XxHash3 _hash = new();
    private readonly byte[] _buffer = new byte[bufferBytes];
    private long _written;
    private int _filled;

    /// <summary>How much is written.</summary>
    public long Position => _written + _filled;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _filled < bytes.Length)
        {
            Flush();
            if (bytes.Length >= _buffer.Length)
            {
                Put(bytes);
                return;
            }
        }

        bytes.CopyTo(_buffer.AsSpan(_filled));
        _filled += bytes.Length;
    }

    /// <summary>Hands everything to the system.</summary>
    public StagedDigest Finish()
    {
        Flush();
        return new StagedDigest(Path.GetFileName(path), _written, StagedDigest.Text(_hash));
    }

    /// <summary>Writes a file of items of a fixed size.</summary>
    public static StagedDigest WriteAll<T>(string path, ReadOnlySpan<T> items)
        where T : unmanaged
    {
        using var file = new StagedFile(path);
        var step = (1 << 24) / Marshal.SizeOf<T>();
        for (var i = 0; i < items.Length; i += step)
            file.Write(MemoryMarshal.AsBytes(items.Slice(i, Math.Min(step, items.Length - i))));
        return file.Finish();
    }

    public void Dispose() => _file.Dispose();

    private void Flush()
    {
        Put(_buffer.AsSpan(0, _filled));
        _filled = 0;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        _file.Write(bytes);
        _written += bytes.Length;
    }
}
