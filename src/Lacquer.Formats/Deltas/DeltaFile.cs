using System.Buffers.Binary;
using System.Security.Cryptography;
using Lacquer.Formats.Databases;
using Lacquer.Formats.Identity;
using Microsoft.Win32.SafeHandles;
using ZstdSharp;

namespace Lacquer.Formats.Deltas;

/// <summary>A catalogue that a delta is from or to.</summary>
/// <param name="LengthBytes">Of <c>catalogue.sqlite</c>.</param>
/// <param name="Sha256">Of its bytes.</param>
public readonly record struct DeltaEnd(long LengthBytes, Sha256Digest Sha256)
{
    /// <summary>Of a file.</summary>
    public static DeltaEnd Of(string path)
    {
        using var file = File.OpenRead(path);
        return new DeltaEnd(file.Length, new Sha256Digest(SHA256.HashData(file)));
    }
}

/// <summary>What a delta begins with.</summary>
/// <param name="From">The catalogue that it changes.</param>
/// <param name="To">The one that it makes.</param>
/// <param name="Database">The first 100 bytes of that: the only ones that depend on who wrote it.</param>
internal sealed record DeltaHeader(DeltaEnd From, DeltaEnd To, byte[] Database)
{
    /// <summary>Bytes before the list of streams.</summary>
    public const int Bytes = 16 + 2 * EndBytes + DatabaseReader.HeaderBytes + sizeof(uint);

    private const int EndBytes = sizeof(ulong) + 32;

    // A stranger's delta is of no larger catalogue than the manifest can name.
    private const long MostBytes = 1L << 42;

    private static ReadOnlySpan<byte> Magic => "lacquer-delta/1\n"u8;

    /// <summary>Writes it with all streams.</summary>
    public void Write(Stream to, DeltaOutput[] streams)
    {
        var lengths = new DeltaOutput();
        lengths.Put((ulong)streams.Length);
        foreach (var stream in streams)
            lengths.Put((ulong)stream.Packed().Length);
        to.Write(Magic);
        Span<byte> end = stackalloc byte[EndBytes];
        foreach (var which in new[] { From, To })
        {
            BinaryPrimitives.WriteInt64LittleEndian(end, which.LengthBytes);
            which.Sha256.ToArray().CopyTo(end[sizeof(ulong)..]);
            to.Write(end);
        }

        to.Write(Database);
        BinaryPrimitives.WriteUInt32LittleEndian(end, (uint)lengths.Packed().Length);
        to.Write(end[..sizeof(uint)]);
        to.Write(lengths.Packed());
        foreach (var stream in streams)
            to.Write(stream.Packed());
    }

    /// <summary>Reads it, and how many bytes of the list of streams follow.</summary>
    public static (DeltaHeader Header, int ListBytes) Read(ReadOnlySpan<byte> from)
    {
        if (!from.StartsWith(Magic))
            throw new InvalidDataException("it does not begin as a delta does");
        var at = Magic.Length;
        var (old, made) = (End(from[at..]), End(from[(at + EndBytes)..]));
        at += 2 * EndBytes;
        return (new DeltaHeader(old, made, from.Slice(at, DatabaseReader.HeaderBytes).ToArray()), BinaryPrimitives.ReadInt32LittleEndian(from[(at + DatabaseReader.HeaderBytes)..]));
    }

    private static DeltaEnd End(ReadOnlySpan<byte> from) =>
        BinaryPrimitives.ReadInt64LittleEndian(from) is >= 0 and <= MostBytes and var length
            ? new DeltaEnd(length, new Sha256Digest(from.Slice(sizeof(ulong), 32)))
            : throw new InvalidDataException("a catalogue cannot be as long");
}

/// <summary>Reads a delta; any number of streams at once.</summary>
internal sealed class DeltaFile : IDisposable
{
    private const int MostListBytes = 1 << 16;
    private const int MostStreams = 1 << 14;

    private readonly SafeFileHandle _file;
    private readonly List<(long Start, long Length)> _streams = [];

    /// <summary>Opens one.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public DeltaFile(string path)
    {
        _file = File.OpenHandle(path);
        try
        {
            var head = new byte[DeltaHeader.Bytes];
            if (Read(head, 0) != head.Length)
                throw new InvalidDataException("it ends early");
            (Header, var listBytes) = DeltaHeader.Read(head);
            if (listBytes is < 1 or > MostListBytes)
                throw new InvalidDataException("its list of streams cannot be as long");
            using var list = new DeltaInput(new Part(this, head.Length, listBytes));
            var at = head.Length + (long)listBytes;
            var length = RandomAccess.GetLength(_file);
            for (var count = list.Number(MostStreams); count > 0; count--)
            {
                var bytes = list.Number(Math.Max(0, length - at));
                _streams.Add((at, bytes));
                at += bytes;
            }

            if (at != length || !list.IsAtEnd)
                throw new InvalidDataException("it is longer or shorter than its streams");
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public DeltaHeader Header { get; }

    /// <summary>Refuses one of another number of streams.</summary>
    public void CheckStreams(int count)
    {
        if (_streams.Count != count)
            throw new InvalidDataException($"it has {_streams.Count} streams where {count} are expected");
    }

    /// <summary>Some that follow one another.</summary>
    public DeltaStreamSet Streams(int first, int count) =>
        new([.. _streams.GetRange(first, count).Select(stream => new DeltaInput(stream.Length == 0 ? null : new Part(this, stream.Start, stream.Length)))]);

    public void Dispose() => _file.Dispose();

    private int Read(Span<byte> to, long at)
    {
        var read = 0;
        for (int count; read < to.Length && (count = RandomAccess.Read(_file, to[read..], at + read)) > 0;)
            read += count;
        return read;
    }

    private sealed class Part(DeltaFile file, long start, long length) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _at; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer[..(int)Math.Min(buffer.Length, length - _at)], start + _at);
            _at += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Streams that are read together.</summary>
internal sealed class DeltaStreamSet(DeltaInput[] inputs) : IDisposable
{
    public DeltaInput[] Inputs { get; } = inputs;

    public void Dispose()
    {
        foreach (var input in Inputs)
            input.Dispose();
    }
}
